// Addresses of scripts. A page that requires Trusted Types starts workers only from addresses that a policy made; ours
// is named "outrider".

interface Policy {
  createScriptURL(url: string): string; // in truth a TrustedScriptURL, which Worker takes as well
}

interface PolicyFactory {
  createPolicy(name: string, rules: Policy): Policy;
}

let policy: Policy | undefined;

/** Returns the address of one of Outrider's own scripts in the form that the page requires. */
export function scriptURL(url: string): string {
  policy ??= makePolicy({ createScriptURL: (own) => own });
  return policy.createScriptURL(url);
}

/** Returns rules as a policy; as they are where there are no Trusted Types, or where this policy is not allowed. */
function makePolicy(rules: Policy): Policy {
  try {
    return (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes?.createPolicy("outrider", rules) ?? rules;
  } catch {
    return rules; // a page without this policy may have a default one
  }
}

/**
 * Starts a worker from a script that may come from another origin. Browsers start workers only from the page's own, so
 * that a script of another origin is imported by a blob: worker.
 */
export function startWorker(url: string, name: string): Worker {
  const own = new URL(url).origin === globalThis.location?.origin;
  const address = own ? url : URL.createObjectURL(importer(url));
  return new Worker(scriptURL(address), { type: "module", name });
}

function importer(url: string): Blob {
  return new Blob([`import ${JSON.stringify(url)};`], { type: "text/javascript" });
}
