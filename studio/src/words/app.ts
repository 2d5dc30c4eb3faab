// The studio as a program among others: its language, its installation, its new versions, and life without the server.
export const language = {
  label: "Language",
  browser: "As the browser",
  notHere: "The words of this language could not be fetched. Try again when the server answers.",
} as const;

export const app = {
  renewed: "A new version of the studio is here.",
  reload: "Reload",
  title: "On this device",
  body: "Installed, the studio has a window of its own, and opens without its server, too, with the pictures that were seen last.",
  install: "Install the studio",
  installed: "The studio is installed.",
  offline: "Offline. These pictures were seen last.",
  retry: "Try again",
} as const;
