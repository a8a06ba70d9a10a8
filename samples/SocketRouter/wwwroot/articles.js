// The page of the sample: a list that grows as others write, and one article with those who read it.
import { RouterClient, RouterError } from "./client.js";

const $ = (id) => document.getElementById(id);
const me = new URLSearchParams(location.search).get("user") ?? `reader-${Math.random().toString(36).slice(2, 6)}`;
const client = new RouterClient(`/ws/${encodeURIComponent(me)}/`);
client.onState((state) => ($("state").textContent = state));

// The list. It is joined first and loaded then, and loaded anew when news of it are gone.
const titles = new Map();
const list = client.topic("articles");
const load = async () => {
  for (const { id, title } of await client.call("listArticles")) {
    titles.set(id, title);
  }
  showList();
};
list.on("created", ({ id, title }) => {
  titles.set(id, title);
  showList();
});
list.onReset(() => load().catch(complain));

// The article that is open.
let reading;

function open(id) {
  reading?.leave();
  reading = undefined;
  $("article").hidden = true;
  if (!id) {
    return;
  }
  const topic = client.topic(`article.${id}`, { presence: { meta: {} } });
  const refresh = async () => {
    const article = await client.call("getArticle", { id });
    if (reading === topic) {
      showArticle(article);
    }
  };
  reading = topic;
  topic.on("changed", showArticle);
  topic.onPresence((presence) => ($("readers").textContent = `Reading: ${[...presence.keys()].sort().join(", ")}`));
  topic.onReset(() => refresh().catch(complain));
  refresh().catch(complain);
}

function showList() {
  $("list").replaceChildren(...[...titles].sort(([a], [b]) => b - a).map(([id, title]) => {
    const link = Object.assign(document.createElement("a"), { href: `#${id}`, textContent: title });
    link.toggleAttribute("aria-current", location.hash === `#${id}`);
    const item = document.createElement("li");
    item.append(link);
    return item;
  }));
}

function showArticle({ title, text }) {
  $("title").textContent = title;
  $("text").textContent = text;
  $("article").hidden = false;
}

function complain(error) {
  $("outcome").textContent = error instanceof RouterError && error.status === 400 ? "An article has a title of at most 100 characters." : `${error.message}`;
}

$("create").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  // With a key it is written once, however often a broken connection makes it go; it waits for the server if need be.
  const key = crypto.randomUUID?.() ?? `${Math.random()}${Date.now()}`;
  $("outcome").textContent = "…";
  try {
    const { id } = await client.call("createArticle", { key, title: form.title.value, text: form.text.value }, { idempotencyKey: key, timeout: 0 });
    form.reset();
    $("outcome").textContent = "Published.";
    location.hash = `${id}`;
  } catch (error) {
    complain(error);
  }
});

$("change").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  try {
    await client.call("changeArticle", { id: Number(location.hash.slice(1)), text: form.text.value });
    form.reset();
  } catch (error) {
    complain(error);
  }
});

addEventListener("hashchange", () => {
  open(Number(location.hash.slice(1)));
  showList();
});
load().catch(complain);
open(Number(location.hash.slice(1)));
