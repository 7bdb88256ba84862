// The policy the file itself carries. The server sends the same with `frame-ancestors` and `sandbox`, which a
// meta element cannot state; src/bin/atoll/serve.rs computes it again from the built file, and a test compares.
/** @param {{ script: string, style: string }} hashes */
export function policy({ script, style }) {
  return [
    "default-src 'none'",
    `script-src ${script} 'wasm-unsafe-eval'`,
    `style-src ${style}`,
    "worker-src blob:",
    "connect-src 'none'",
    "img-src data: blob:",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-src 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types atoll",
  ].join("; ");
}
