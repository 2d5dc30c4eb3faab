import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Copy } from "lucide-react";
import { useId, useState } from "react";
import { getShares, revokeShare, share } from "@/api/gallery";
import type { Problem } from "@/api/problem";
import type { PictureRecord, ShareLink } from "@/api/types";
import { strings } from "@/strings";
import { Button, IconButton } from "@/ui/button";
import { copy } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { Labelled, TextField } from "@/ui/field";
import { moment } from "@/ui/moment";
import { Select } from "@/ui/select";
import { toast } from "@/ui/toasts";

const words = strings.detail;
const HOUR = 3600;
const LIFETIMES = { hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR, month: 30 * 24 * HOUR, ever: null } as const;
type Lifetime = keyof typeof LIFETIMES;

/** The page that a link's address leads people to; the address itself answers programs. */
const pageOf = (url: string): string => `${location.origin}/shared/${url.split("/").at(-1)}`;

/** Links to one picture: make one, copy it, take it back. */
export function ShareDialog({ picture, onClose }: { picture: PictureRecord | null; onClose(): void }) {
  return (
    <Dialog
      open={picture !== null}
      onOpenChange={(open) => !open && onClose()}
      title={words.shareTitle}
      closeLabel={strings.shell.close}
      className="max-w-lg"
    >
      {picture && (
        <div className="flex flex-col gap-6 px-6 pb-6 text-small">
          <p className="text-pencil">{words.shareBody}</p>
          <NewLink picture={picture.id} recipe={picture.recipe !== null} />
          <Links picture={picture.id} />
        </div>
      )}
    </Dialog>
  );
}

function NewLink({ picture, recipe }: { picture: string; recipe: boolean }) {
  const name = useId();
  const client = useQueryClient();
  const [lifetime, setLifetime] = useState<Lifetime>("week");
  const [withRecipe, setWithRecipe] = useState(false);
  const { mutate, data, isPending } = useMutation({
    mutationFn: () => share(picture, { expires_in: LIFETIMES[lifetime], include_recipe: withRecipe }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["shares"] }),
    onError: (problem: Problem) => toast(problem.message, { wrong: true }),
  });
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-end gap-4">
        <div className="min-w-48 grow">
          <Labelled id={name} label={words.shareFor}>
            <Select
              id={name}
              value={lifetime}
              choices={Object.entries(words.lifetimes).map(([value, label]) => ({ value, label }))}
              onChange={(next) => setLifetime(next as Lifetime)}
            />
          </Labelled>
        </div>
        <Button kind="primary" disabled={isPending} onClick={() => mutate()}>
          {words.makeLink}
        </Button>
      </div>
      {recipe && (
        <label className="flex items-center gap-3">
          <input
            type="checkbox"
            checked={withRecipe}
            onChange={(event) => setWithRecipe(event.target.checked)}
            className="size-4 accent-pencil"
          />
          {words.withRecipe}
        </label>
      )}
      {data && (
        <div className="flex items-end gap-1">
          <div className="grow">
            <TextField
              label={words.link}
              hint={words.linkMade}
              readOnly
              value={pageOf(data.url)}
              onFocus={(event) => event.target.select()}
            />
          </div>
          <IconButton label={words.copyLink} className="mb-6" onClick={() => void copy(pageOf(data.url))}>
            <Copy aria-hidden />
          </IconButton>
        </div>
      )}
    </div>
  );
}

function Links({ picture }: { picture: string }) {
  const client = useQueryClient();
  const key = ["shares", picture];
  const { data: links = [] } = useQuery({ queryKey: key, queryFn: ({ signal }) => getShares(picture, signal) });
  const { mutate } = useMutation({
    mutationFn: revokeShare,
    onSuccess: () => toast(words.revoked),
    onError: (problem: Problem) => toast(problem.message, { wrong: true }),
    onSettled: () => client.invalidateQueries({ queryKey: key }),
  });
  return (
    <section>
      <h3 className="pb-2 text-pencil">{words.links}</h3>
      {links.length === 0 && <p>{words.noLinks}</p>}
      <ul className="flex flex-col gap-1">
        {links.map((link) => (
          <li key={link.id} className="flex items-center justify-between gap-4">
            <span>{about(link)}</span>
            <Button kind="quiet" onClick={() => mutate(link.id)}>
              {words.revoke}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

const about = (link: ShareLink): string =>
  [
    words.madeOn(moment(link.created_at)),
    link.expires_at ? words.until(moment(link.expires_at)) : words.forEver,
    ...(link.include_recipe ? [words.recipeShown] : []),
  ].join(", ");
