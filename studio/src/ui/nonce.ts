/** What the server's content policy asks of the styles that menus and dialogs bring along; only our page knows it. */
export const nonce = document.querySelector<HTMLElement>("meta[property=csp-nonce]")?.nonce;

// The lock on scrolling behind a dialog looks for it under webpack's name.
Object.assign(globalThis, { __webpack_nonce__: nonce });
