// Pictures that another program shares with the installed page. The system posts them to an address that only the
// service worker answers; it keeps them until the page has taken them.

/** The path to which the manifest has pictures posted, relative to the site's. */
export const SHARE_PATH = "share";

/** The query of the page's address that says that pictures were shared. */
export const SHARED_QUERY = "?shared";

const cacheName = "outrider shared pictures";

/** Keeps the pictures of a request and leads to the page. */
export async function receiveShared(request: Request, base: string): Promise<Response> {
  const form = await request.formData();
  const cache = await caches.open(cacheName);
  for (const [i, file] of form.getAll("pictures").entries()) {
    if (!(file instanceof File)) continue;
    const headers = { "Content-Type": file.type, "X-Name": encodeURIComponent(file.name) };
    await cache.put(`${base}${SHARE_PATH}/${Date.now()}-${i}`, new Response(file, { headers }));
  }
  return Response.redirect(base + SHARED_QUERY, 303);
}

/** Returns the pictures that were kept, and keeps them no longer. */
export async function takeShared(): Promise<File[]> {
  const cache = await caches.open(cacheName);
  const files: File[] = [];
  for (const request of await cache.keys()) {
    const response = await cache.match(request);
    await cache.delete(request);
    if (response) files.push(await toFile(response));
  }
  return files;
}

async function toFile(response: Response): Promise<File> {
  const name = decodeURIComponent(response.headers.get("X-Name") ?? "picture");
  const blob = await response.blob();
  return new File([blob], name, { type: blob.type });
}
