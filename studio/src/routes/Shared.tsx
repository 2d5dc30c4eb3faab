import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { getShared } from "@/api/gallery";
import { Problem } from "@/api/problem";
import { strings } from "@/strings";
import { buttonLook } from "@/ui/button";
import { Lamp } from "@/ui/lamp";
import { moment } from "@/ui/moment";
import { Nothing, Trouble, Waiting } from "@/ui/states";

const words = strings.shared;

/** What somebody without an account sees who was sent a link. */
export function Shared() {
  const { token } = useParams({ from: "/shared/$token" });
  const { data, error, refetch } = useQuery({
    queryKey: ["shared", token],
    queryFn: ({ signal }) => getShared(token, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-4 p-4">
      <title>{strings.shell.title(words.title)}</title>
      <h1 className="sr-only">{words.title}</h1>
      {data ? (
        <>
          <img
            src={data.url}
            alt={data.recipe?.prompt ?? words.alt}
            className="max-h-[75dvh] w-full max-w-[75dvh] rounded-print object-contain animate-expose"
            style={{ aspectRatio: data.width / data.height }}
          />
          {data.recipe && <p className="max-w-prose text-center text-pretty">{data.recipe.prompt}</p>}
          <a href={data.url} download className={buttonLook({ kind: "plain" })}>
            <Download aria-hidden />
            {words.download}
          </a>
          <p className="flex items-center gap-2 text-small text-pencil">
            <Lamp className="size-4" />
            {data.expires_at ? words.until(moment(data.expires_at)) : strings.name}
          </p>
        </>
      ) : error instanceof Problem ? (
        error.status === 404 ? (
          <Nothing title={words.gone} body={words.goneBody} />
        ) : (
          <Trouble problem={error} onRetry={() => void refetch()} />
        )
      ) : (
        <Waiting />
      )}
    </main>
  );
}
