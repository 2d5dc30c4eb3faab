import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { getKeys, revokeKey } from "@/api/house";
import type { ApiKey } from "@/api/types";
import { useAct } from "@/api/useAct";
import { KeyMaker } from "@/features/settings/KeyMaker";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/confirm";
import { moment } from "@/ui/moment";
import { More } from "@/ui/more";
import { Section } from "@/ui/section";

const words = strings.settings;

/** Keys for programs: make one, see when each was used, take one back. */
export function Keys() {
  const [doomed, setDoomed] = useState<ApiKey | null>(null);
  const revoke = useAct(revokeKey, { lists: ["keys"] });
  const { data, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ["keys"],
    queryFn: ({ pageParam, signal }) => getKeys(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const keys = data?.pages.flatMap(({ items }) => items);
  return (
    <Section title={words.keys} body={words.keysBody}>
      <KeyMaker />
      {keys?.length === 0 && <p className="text-small text-pencil">{words.noKeys}</p>}
      <ul aria-label={words.keys} className="flex flex-col gap-2">
        {keys?.map((key) => (
          <Line key={key.id} of={key} onRevoke={() => setDoomed(key)} />
        ))}
      </ul>
      <More more={hasNextPage ? () => void fetchNextPage() : null} />
      <Confirm
        open={doomed !== null}
        title={words.revokeTitle(doomed?.name ?? "")}
        body={words.revokeBody}
        action={words.revoke}
        onConfirm={() => doomed && revoke.mutate(doomed.id)}
        onClose={() => setDoomed(null)}
      />
    </Section>
  );
}

function Line({ of: key, onRevoke }: { of: ApiKey; onRevoke(): void }) {
  const over = key.revoked_at !== null || (key.expires_at !== null && new Date(key.expires_at) <= new Date());
  const facts = [
    strings.shell.roles[key.role],
    key.workspace,
    key.last_used_at ? words.used(moment(key.last_used_at)) : words.unused,
    ...(key.expires_at ? [words.endsOn(moment(key.expires_at))] : []),
  ];
  return (
    <li className="flex min-h-10 items-center gap-4 text-small">
      <span className="min-w-0 grow">
        <span className="block truncate">
          {key.name} <code className="text-pencil">{key.hint}…</code>
        </span>
        <span className="block text-pencil tabular-nums">{facts.join(" · ")}</span>
      </span>
      {over ? (
        <span className="text-pencil">{key.revoked_at ? words.revoked : words.expired}</span>
      ) : (
        <Button kind="quiet" onClick={onRevoke}>
          {words.revoke}
        </Button>
      )}
    </li>
  );
}
