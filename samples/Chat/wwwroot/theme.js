import { memory } from "./memory.js";

// Three choices: as the system says, light, dark.
const order = ["system", "light", "dark"];

function apply() {
  const theme = memory.theme;
  document.documentElement.dataset.theme = theme; // the style sheet does the rest
  const name = theme === "system" ? "as the system" : theme;
  const button = document.getElementById("theme");
  button.setAttribute("aria-label", `Theme: ${name}`);
  button.title = `Theme: ${name}`;
}

export function startTheme() {
  document.getElementById("theme").addEventListener("click", () => {
    memory.theme = order[(order.indexOf(memory.theme) + 1) % order.length];
    apply();
  });
  apply();
}
