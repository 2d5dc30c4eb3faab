// Runs before the first paint, as a file of its own because the server's content policy allows no inline scripts.
(() => {
  let choice = "dark";
  try {
    choice = localStorage.getItem("safelight.theme") ?? "dark";
  } catch {
    // Storage is blocked: stay with the default.
  }
  const light = choice === "light" || (choice === "system" && matchMedia("(prefers-color-scheme: light)").matches);
  document.documentElement.dataset.theme = light ? "light" : "dark";
})();
