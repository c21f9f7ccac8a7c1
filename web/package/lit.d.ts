// What the declarations of <scout-chat> use of Lit, which is inside the package.

/** Lit's base class of elements. */
export declare class LitElement extends HTMLElement {
  /** Resolves when the element has rendered all changes. */
  readonly updateComplete: Promise<boolean>;
  /** Whether the element has rendered. */
  hasUpdated: boolean;
  requestUpdate(): void;
  connectedCallback(): void;
  disconnectedCallback(): void;
  attributeChangedCallback(name: string, before: string | null, after: string | null): void;
  protected scheduleUpdate(): void | Promise<unknown>;
  protected willUpdate(changed: PropertyValues): void;
  protected updated(changed: PropertyValues): void;
  protected render(): unknown;
}

/** Changed properties with their former values. */
export type PropertyValues<T = unknown> = Map<T extends object ? keyof T : PropertyKey, unknown>;

/** What an element renders. */
export type TemplateResult = unknown;

/** A style sheet. */
export interface CSSResult {
  readonly cssText: string;
  readonly styleSheet: CSSStyleSheet | undefined;
}
