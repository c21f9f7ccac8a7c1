// Registers <scout-chat> when it is imported; importing the class alone does not.

import { ScoutChat } from "./scout-chat.js";

if (!customElements.get("scout-chat")) customElements.define("scout-chat", ScoutChat);

export * from "./index.js";
