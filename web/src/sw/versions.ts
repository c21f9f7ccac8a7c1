// The files of the site's versions. Each version has a cache of its own, which is kept while a page of that version is
// open, so that the page can still load its parts after another version has taken over.

import { pageLock } from "../app/page-lock.js";

/** A file of the site: its path relative to the site's, and its hash if the path has none. */
export interface SiteFile {
  path: string;
  integrity?: string;
}

/** The version that a service worker was built with. */
export interface SiteVersion {
  version: string;
  /** Stored when the service worker is installed. */
  files: SiteFile[];
  /** Stored with their first use or the second visit, because many people never need them. */
  later: SiteFile[];
}

/** Stores and finds the files of one version, under the address of the site. */
export class Versions {
  readonly #site: SiteVersion;
  readonly #base: string;
  readonly #prefix: string;

  /** base is the address of the site, which ends with a slash. */
  constructor(site: SiteVersion, base: string) {
    this.#site = site;
    this.#base = base;
    this.#prefix = `outrider ${base} `;
  }

  /** Stores the files of this version. Those that another version has are copied. */
  async install(): Promise<void> {
    const cache = await this.#open();
    const later = this.#site.later.map(async (file) => {
      const known = await this.#known(file);
      if (known) await cache.put(this.#url(file), known);
    });
    const files = this.#site.files.map(async (file) => {
      await cache.put(this.#url(file), (await this.#known(file)) ?? (await this.#fetch(file)));
    });
    await Promise.all([...files, ...later]);
  }

  /** Stores what install left for later. */
  async complete(): Promise<void> {
    for (const file of this.#site.later) {
      if (!(await this.#known(file))) await this.#keep(file);
    }
  }

  /** Returns a stored file: an asset of any version, another file of this one. */
  async match(path: string): Promise<Response | undefined> {
    const url = this.#url({ path });
    return isAsset(path) ? caches.match(url, options) : (await this.#open()).match(url, options);
  }

  /** Returns an asset, and stores it if it belongs to this version; undefined for other paths that are not stored. */
  async load(path: string): Promise<Response | undefined> {
    const stored = await this.match(path);
    const later = this.#site.later.find((file) => file.path === path);
    return stored ?? (later && this.#keep(later));
  }

  /** Deletes the other versions of which no page is open. */
  async prune(): Promise<void> {
    const { held = [] } = await navigator.locks.query();
    const open = new Set(held.map(({ name }) => name));
    for (const name of await caches.keys()) {
      if (!name.startsWith(this.#prefix) || name === this.#name) continue;
      const stored = await (await caches.open(name)).keys();
      if (!stored.some(({ url }) => open.has(pageLock(url)))) await caches.delete(name);
    }
  }

  get #name(): string {
    return this.#prefix + this.#site.version;
  }

  #open(): Promise<Cache> {
    return caches.open(this.#name);
  }

  #url({ path }: SiteFile): string {
    return this.#base + path;
  }

  async #known({ path }: SiteFile): Promise<Response | undefined> {
    return isAsset(path) ? this.match(path) : undefined;
  }

  async #keep(file: SiteFile): Promise<Response> {
    const response = await this.#fetch(file);
    await (await this.#open()).put(this.#url(file), response.clone());
    return response;
  }

  /** Fetches a file. The hash ensures that it is of this version, also while the next one is being deployed. */
  async #fetch({ path, integrity }: SiteFile): Promise<Response> {
    const request = integrity ? { integrity, cache: "no-cache" as const } : {};
    const response = await fetch(this.#url({ path }), request);
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
    return response;
  }
}

const options = { ignoreVary: true };

/** Reports whether a path has a hash, so that its content never changes. */
function isAsset(path: string): boolean {
  return path.startsWith("assets/");
}
