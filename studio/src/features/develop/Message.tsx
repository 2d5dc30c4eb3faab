import type { ReactNode } from "react";
import { Lamp } from "@/ui/lamp";

interface MessageProps {
  title: string;
  body?: string;
  lamp?: boolean;
  children?: ReactNode;
}

/** One sentence and one action, in the middle of a sheet. */
export function Message({ title, body, lamp = false, children }: MessageProps) {
  return (
    <div className="absolute inset-0 flex flex-col items-center justify-center gap-4 p-6 text-center text-balance animate-appear">
      {lamp && <Lamp className="size-14" />}
      <div className="max-w-80">
        <h2 className="text-title font-semibold">{title}</h2>
        {body && <p className="text-pencil">{body}</p>}
      </div>
      {children}
    </div>
  );
}
