// Importing this file registers <scout-chat>; importing the class does not.

import { ScoutChat } from "./scout-chat.js";

if (!customElements.get("scout-chat")) customElements.define("scout-chat", ScoutChat);

export { ScoutChat };
