// An answer that follows its question: the newest question wins, an earlier answer is let fall.
import type { Refusal } from "../../engine/engine";

export class Asked<T> {
  answer = $state.raw<T>();
  refusal = $state.raw<Refusal>();
  busy = $state(false);
  #turn = 0;

  /** Does something with the answer, and says where it is refused. */
  use(act: Promise<unknown>): void {
    act.catch((refusal: Refusal) => (this.refusal = refusal));
  }

  /** `undefined` asks nothing and forgets. Returns what stops an answer from coming in. */
  ask(question: (() => Promise<T>) | undefined): () => void {
    const turn = ++this.#turn;
    this.refusal = undefined;
    this.busy = question !== undefined;
    if (!question) this.answer = undefined;
    const mine = (act: () => void) => (): void => {
      if (turn === this.#turn) act();
    };
    question?.().then(
      (answer) => mine(() => ((this.answer = answer), (this.busy = false)))(),
      (refusal: Refusal) => mine(() => ((this.refusal = refusal), (this.answer = undefined), (this.busy = false)))(),
    );
    return () => void (this.#turn += 1);
  }
}
