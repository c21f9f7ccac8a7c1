// The view of <scout-chat>: the header, the conversation or what is in its place, and the composer.

import { html, nothing, type TemplateResult } from "lit";
import type { Engine } from "../client/index.js";
import type { Texts } from "../text/texts.js";
import type { AutoScroll } from "./auto-scroll.js";
import type { CatalogueModel } from "./catalogue.js";
import { chooser } from "./chooser.js";
import { composer } from "./composer.js";
import type { ConversationController } from "./conversation-controller.js";
import { type ErrorAction, errorActions } from "./error-actions.js";
import type { FileDrop } from "./file-drop.js";
import { header } from "./header.js";
import type { History } from "./history/history.js";
import { loadingNotice } from "./loading-notices.js";
import type { MessageDraft } from "./message-draft.js";
import { type MessageListState, messageList } from "./messages.js";
import type { ModelChoice } from "./model-choice.js";
import { errorNotice, warningNotices } from "./notices.js";
import type { PagingStatus } from "./paging-status.js";
import type { StorageManager } from "./storage-manager.js";
import { deleteQuestion, storageView } from "./storage-view.js";
import { welcome } from "./welcome.js";

/** What the view shows. */
export interface ChatView {
  readonly texts: Texts;
  readonly engine: Engine;
  readonly catalogue: readonly CatalogueModel[];
  readonly conversation: ConversationController;
  readonly storage: StorageManager;
  readonly draft: MessageDraft;
  readonly modelChoice: ModelChoice;
  readonly history: History;
  readonly messageList: MessageListState;
  readonly autoScroll: AutoScroll;
  readonly fileDrop: FileDrop;
  readonly pagingStatus: PagingStatus;
}

/** What the view calls of the element. */
export interface ChatActions {
  /** Starts a new conversation. */
  clear(): void;
  attach(files: File[]): void;
  send(): void;
  /** Sends a question in place of the message being written, which stays. */
  ask(question: string): void;
  stop(): void;
  /** Moves the focus to where an address is entered. */
  enterAddress(): void;
  /** Shows an error. */
  report(error: unknown): void;
}

/** Renders the element. */
export function chatView(view: ChatView, actions: ChatActions): TemplateResult {
  const { texts: t, conversation, autoScroll, pagingStatus, modelChoice, history } = view;
  const { model, messages } = conversation;
  const list = history.button(t);
  const headerState = { name: model?.name, conversation: showsMessages(view), empty: messages.length === 0, list };
  const headerActions = { leave: () => modelChoice.leave(), clear: actions.clear };
  return html`
    <div class="root ${history.listShown ? "with-list" : ""}" lang=${t.language} dir=${t.dir}>
      ${history.view(t)} ${header(t, headerState, headerActions)} ${history.notice(t)}
      <main tabindex="0" @scroll=${autoScroll.onScroll}><div class="column">${body(view, actions)}</div></main>
      <section class="foot column" aria-label=${t.composer.label}>
        ${pagingStatus.view()}${composerView(view, actions)}
      </section>
      ${view.fileDrop.view(t, model !== undefined)} ${deleteQuestion(t, view.storage)}
    </div>
  `;
}

function composerView({ texts, conversation, draft }: ChatView, { attach, send, stop }: ChatActions): TemplateResult {
  return composer(texts, draft.view(conversation.model), conversation.state.status, {
    edit: (text) => (draft.text = text),
    remove: (id) => draft.pictures.remove(id),
    attach,
    send,
    stop,
  });
}

function body(view: ChatView, actions: ChatActions): unknown {
  const { texts: t, conversation } = view;
  const { state, model, messages, error, retry } = conversation;
  if (state.status === "loading") return loadingNotice(t, state.work);
  const notice = error ? errorNotice(t, error, retry, actionsFor(view, actions)) : nothing;
  if (!showsMessages(view)) return html`${notice}${chooserView(view, actions)}`;
  const { ask } = actions;
  const empty = model
    ? welcome(t, model.source, view.catalogue, { ask, get: (id) => view.modelChoice.choose(id) })
    : html``;
  const list = messageList(t, messages, state.status === "generating", view.messageList, empty);
  return html`${warningNotices(model?.info.warnings ?? [])}${list}${notice}`;
}

/** Reports whether the messages are shown, and not the chooser: with a model, or to read a stored conversation. */
function showsMessages({ conversation: { model, messages, state }, history }: ChatView): boolean {
  return model !== undefined || (history.reading && messages.length > 0 && state.status === "idle");
}

function chooserView({ texts, catalogue, storage, modelChoice }: ChatView, { report }: ChatActions): TemplateResult {
  const { models: stored, downloadsElsewhere } = storage;
  const actions = {
    choose: (model: string, mmproj?: string) => modelChoice.choose(model, mmproj),
    open: (files: File[]) => modelChoice.open(files),
    openInPlace: (handles: FileSystemFileHandle[]) => void modelChoice.openInPlace(handles),
    delete: (id: string) => void storage.askToDelete(id),
    report,
  };
  return chooser(texts, { offered: catalogue, stored, downloadsElsewhere }, actions, storageView(texts, storage));
}

function actionsFor({ texts, engine, conversation, storage }: ChatView, actions: ChatActions): ErrorAction[] {
  const { state } = conversation;
  if (state.status !== "error") return [];
  return errorActions(state, {
    texts,
    engine,
    dismiss: () => conversation.dismissError(),
    freeSpace: () => void storage.suggest(),
    enterAddress: actions.enterAddress,
    report: actions.report,
  });
}
