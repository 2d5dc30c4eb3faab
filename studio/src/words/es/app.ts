// El estudio, un programa entre otros.
import type { Words } from "@/strings";

export const language: Words["language"] = {
  label: "Idioma",
  browser: "El del navegador",
  notHere: "No se pudieron traer las palabras de este idioma. Vuelve a intentarlo cuando el servidor responda.",
};

export const app: Words["app"] = {
  renewed: "Hay una versión nueva del estudio.",
  reload: "Recargar",
  title: "En este dispositivo",
  body: "Instalado, el estudio tiene su propia ventana y se abre también sin su servidor, con las últimas imágenes vistas.",
  install: "Instalar el estudio",
  installed: "El estudio está instalado.",
  offline: "Sin conexión. Estas son las últimas imágenes vistas.",
  retry: "Reintentar",
};
