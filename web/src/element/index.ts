// What pages and packages import of the element. Importing it registers nothing; define.ts does.

export { type CatalogueModel, catalogue, nano } from "./catalogue.js";
export type { ScoutChatEvents, Status } from "./events.js";
export { ScoutChat } from "./scout-chat.js";
