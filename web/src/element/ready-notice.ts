// The notification that a download has ended, for a person who has asked for it and looks elsewhere meanwhile.

/** What the notice needs of the element that shows its button. */
export interface ReadyNoticeHost {
  /** Schedules a render. */
  requestUpdate(): void;
}

/** Whether a person is notified when a download has ended. */
export class ReadyNotice {
  readonly #host: ReadyNoticeHost;
  #wanted = false;

  constructor(host: ReadyNoticeHost) {
    this.#host = host;
  }

  /** Whether the button makes sense: the browser has notifications, has not refused them, and none is wanted yet. */
  get offered(): boolean {
    return !this.#wanted && "Notification" in globalThis && Notification.permission !== "denied";
  }

  /** Whether the person is told. */
  get wanted(): boolean {
    return this.#wanted;
  }

  /** Asks the browser for permission. To be called during a click. */
  ask = async (): Promise<void> => {
    this.#wanted = (await Notification.requestPermission()) === "granted";
    this.#host.requestUpdate();
  };

  /** Shows a notification if the person wanted one. */
  tell(text: string): void {
    if (!this.#wanted) return;
    this.#wanted = false;
    try {
      new Notification("Outrider", { body: text });
    } catch {
      // Phones allow notifications to service workers only.
      void navigator.serviceWorker?.getRegistration().then((r) => r?.showNotification("Outrider", { body: text }));
    }
  }
}
