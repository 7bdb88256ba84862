// A turn of the event loop: later than every message that is already waiting, sooner than any timer.

/** Makes a function that runs `work` in a coming turn; asked twice before that, it runs once. */
export function ticker(work: () => void): () => void {
  const { port1, port2 } = new MessageChannel();
  let due = false;
  port1.onmessage = () => {
    due = false;
    work();
  };
  return () => {
    if (due) return;
    due = true;
    port2.postMessage(null);
  };
}
