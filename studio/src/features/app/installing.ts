// The browser's offer to install the studio, which comes once and early.
import { createStore, useStore } from "zustand";

/** What browsers that can install pages hand over; no standard names it yet. */
interface Offer extends Event {
  prompt(): Promise<{ readonly outcome: "accepted" | "dismissed" }>;
}

const store = createStore<{ readonly offer: Offer | null }>(() => ({ offer: null }));

export function awaitInstallOffer(): void {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    store.setState({ offer: event as Offer });
  });
  addEventListener("appinstalled", () => store.setState({ offer: null }));
}

export const useOffer = (): boolean => useStore(store, ({ offer }) => offer !== null);

/** Takes the offer up; says whether the person did. An offer can be taken up once. */
export async function takeOffer(): Promise<boolean> {
  const { offer } = store.getState();
  store.setState({ offer: null });
  return offer !== null && (await offer.prompt()).outcome === "accepted";
}
