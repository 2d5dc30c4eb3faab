import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { comparePictures, getPicture } from "@/api/gallery";
import { Problem } from "@/api/problem";
import type { Comparison, PictureRecord } from "@/api/types";
import { strings } from "@/strings";
import { Dialog } from "@/ui/dialog";
import { LeftToRight } from "@/ui/direction";
import { number } from "@/ui/moment";
import { Slider } from "@/ui/slider";
import { Trouble, Waiting } from "@/ui/states";

const words = strings.compare;

interface Props {
  /** The ids of both; null while nothing is compared. */
  pair: readonly [string, string] | null;
  onClose(): void;
}

/** Two pictures, one over the other, and where their recipes differ. */
export function CompareDialog({ pair, onClose }: Props) {
  const [first = "", second = ""] = pair ?? [];
  const { data, error } = useQuery({
    queryKey: ["compare", first, second],
    queryFn: async ({ signal }) => {
      const [one, other, comparison] = await Promise.all([
        getPicture(first, signal),
        getPicture(second, signal),
        comparePictures(first, second, signal),
      ]);
      return { pictures: [one, other] as const, comparison };
    },
    enabled: pair !== null,
  });
  return (
    <Dialog
      open={pair !== null}
      onOpenChange={(open) => !open && onClose()}
      title={words.title}
      closeLabel={strings.shell.close}
      className="max-w-5xl"
    >
      {data ? (
        <div className="grid gap-6 px-6 pb-6 lg:grid-cols-[minmax(0,1fr)_22rem]">
          <Both pictures={data.pictures} overlaid={data.comparison.pixels !== null} />
          <Differences pictures={data.pictures} comparison={data.comparison} />
        </div>
      ) : error instanceof Problem ? (
        <Trouble problem={error} />
      ) : (
        <Waiting />
      )}
    </Dialog>
  );
}

type Pair = readonly [PictureRecord, PictureRecord];

function Both({ pictures: [one, other], overlaid }: { pictures: Pair; overlaid: boolean }) {
  const [part, setPart] = useState(50);
  const print = "max-h-[60dvh] w-full rounded-print object-contain";
  if (!overlaid) {
    return (
      <div className="grid grid-cols-2 gap-4">
        <img src={one.url} alt={words.first} className={print} />
        <img src={other.url} alt={words.second} className={print} />
      </div>
    );
  }
  return (
    <LeftToRight className="flex flex-col gap-4">
      <div className="relative mx-auto w-full max-w-[60dvh]">
        <img src={other.url} alt={words.second} className="w-full rounded-print bg-room" />
        <img
          src={one.url}
          alt={words.first}
          className="absolute inset-0 size-full rounded-print bg-room"
          style={{ clipPath: `inset(0 ${100 - part}% 0 0)` }}
        />
        <span aria-hidden className="absolute inset-y-0 w-px bg-paper" style={{ left: `${part}%` }} />
      </div>
      <Slider label={words.slider} value={part} min={0} max={100} onChange={setPart} />
    </LeftToRight>
  );
}

function Differences({ pictures, comparison }: { pictures: Pair; comparison: Comparison }) {
  const { recipe, pixels } = comparison;
  const unknown = pictures.some((picture) => picture.recipe === null);
  return (
    <div className="flex min-w-0 flex-col gap-4 text-small">
      <p className="text-pencil">
        {pixels
          ? words.pixels(number(pixels.mean, 2), pixels.max, pixels.psnr === null ? null : number(pixels.psnr, 1))
          : words.otherSizes}
      </p>
      {unknown && <p>{words.missing}</p>}
      {recipe.length === 0 ? (
        <p>{words.same}</p>
      ) : (
        <table className="w-full table-fixed tabular-nums">
          <thead>
            <tr className="text-start text-pencil [&>th]:pb-1 [&>th]:font-normal">
              <th scope="col">{words.field}</th>
              <th scope="col">{words.first}</th>
              <th scope="col">{words.second}</th>
            </tr>
          </thead>
          <tbody>
            {recipe.map(({ field, first, second }) => (
              <tr key={field} className="align-top [&>*]:py-1 [&>*]:pe-3 [&>*]:break-words">
                <th scope="row" className="text-start font-normal text-pencil">
                  {field}
                </th>
                <td>{shown(first)}</td>
                <td>{shown(second)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

const shown = (value: unknown): string => {
  if (value === null || value === undefined) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};
