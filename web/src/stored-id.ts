// Under which id a file is stored: its address without the secrets in it. loader/fetch/secrets.go has the same lists.

const secretNames = [
  /^(token|sig|policy|expires|key|key-pair-id|auth|authorization|apikey|api_key|jwt|pwd|pass|session|sessionid)$/i,
  /^(se|st|ske|skt)$/i,
  /^x-(amz|goog|oss|cos)-/i,
  /token|secret|signature|password|credential/i,
];

/** Returns an address with empty values in place of the secrets of its query; anything else unchanged. */
export function storedId(address: string): string {
  const [, path, query] = /^([^?#]*)\?([^#]*)/.exec(address) ?? [];
  if (path === undefined || query === undefined || address.startsWith("local:")) return address;
  const parameters = query.split("&").map((parameter) => {
    const [name] = parameter.split("=", 1);
    return secretNames.some((pattern) => pattern.test(name!)) ? `${name}=` : parameter;
  });
  return `${path}?${parameters.join("&")}`;
}
