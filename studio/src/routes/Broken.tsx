import { Component, type ReactNode } from "react";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Lamp } from "@/ui/lamp";

/** What stands in the page's place when drawing it failed. */
export class Broken extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <main className="flex h-dvh flex-col items-center justify-center gap-4 p-6 text-center text-balance">
        <Lamp className="size-14" />
        <h1 className="max-w-96 text-title font-semibold">{strings.broken.title}</h1>
        <Button onClick={() => location.reload()}>{strings.broken.action}</Button>
      </main>
    );
  }
}
