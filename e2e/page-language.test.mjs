// The language of the interface: the browser's, unless the element names another.

import assert from "node:assert/strict";
import { part } from "./browser.mjs";
import { loadModel, pageTest, send } from "./page.mjs";

const root = (page) => page.locator("scout-chat .root");
const heading = (page, name) => page.getByRole("heading", { name });

pageTest(
  "the element's lang chooses the language of the interface, and removing it the browser's",
  {},
  async (page) => {
    await heading(page, "Choose a model").waitFor();
    assert.equal(await root(page).getAttribute("lang"), "en");
    await page.evaluate(() => (document.querySelector("scout-chat").lang = "fr"));
    await heading(page, "Choisissez un modèle").waitFor();
    assert.equal(await root(page).getAttribute("lang"), "fr");
    assert.equal(await root(page).getAttribute("dir"), "ltr");
    await page.getByText("98,4 Mo · Minuscule : pour essayer").waitFor();
    await page.evaluate(() => document.querySelector("scout-chat").removeAttribute("lang"));
    await page.evaluate(() => (document.querySelector("scout-chat").lang = ""));
    await heading(page, "Choose a model").waitFor();
  },
);

const french = { loadError: { code: "no_cors", message: "the server does not allow it", retryable: true } };

pageTest("a French browser shows French from the first render; error messages stay English", french, async (page) => {
  await page.addInitScript(() => Object.defineProperty(navigator, "languages", { value: ["fr-CA", "en"] }));
  await page.reload();
  await heading(page, "Choisissez un modèle").waitFor();
  await page.getByRole("button", { name: "SmolLM2" }).click();
  const error = part(page, "error");
  await error.getByText("Erreur").waitFor();
  assert.equal(await error.locator("[lang=en]").textContent(), french.loadError.message);
  await error.getByRole("button", { name: "Réessayer" }).waitFor();
});

pageTest("an answer's notes are in the language of the interface", { answer: "Bonjour" }, async (page) => {
  await page.evaluate(() => (document.querySelector("scout-chat").lang = "fr"));
  await loadModel(page);
  await send(page, "Salut");
  await page.getByText("41 jetons/s").waitFor();
});
