// Counts what the page asks of a network, from load on. The workers keep their own books.
import type { Network } from "../../engine/engine";

/** Reports every request of the page and every attempt its policy refused. Returns how to stop. */
export function watchNetwork(tell: (seen: Network) => void): () => void {
  const outside = (entry: PerformanceEntry): boolean => !/^(blob|data):/.test(entry.name);
  const requests = new PerformanceObserver((list) => {
    const asked = list.getEntries().filter(outside).length;
    if (asked > 0) tell({ asked, refused: 0 });
  });
  requests.observe({ type: "resource", buffered: true });
  const refused = (): void => tell({ asked: 0, refused: 1 });
  document.addEventListener("securitypolicyviolation", refused);
  return () => {
    requests.disconnect();
    document.removeEventListener("securitypolicyviolation", refused);
  };
}

/** How this copy of the page came here, and so what keeps it silent. */
export function delivery(): "saved" | "served" | "hosted" {
  if (location.protocol === "file:") return "saved";
  return self.origin === "null" ? "served" : "hosted";
}
