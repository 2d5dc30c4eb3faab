import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { getGeneration } from "@/api/client";
import { type PictureRecord, titleOf } from "@/api/types";
import { strings } from "@/strings";
import { Slider } from "@/ui/slider";

const words = strings.detail;

/** The picture, and under it the way it came: every step that is kept, by one slider. */
export function Timeline({ picture }: { picture: PictureRecord }) {
  const { generation } = picture;
  const { data } = useQuery({
    queryKey: ["generation", generation],
    queryFn: () => getGeneration(generation ?? ""),
    enabled: generation !== null,
    retry: false,
  });
  const total = data?.total ?? 0;
  const which = data?.pictures?.findIndex(({ id }) => id === picture.id) ?? -1;
  const [step, setStep] = useState<number | null>(null);
  const [gone, setGone] = useState(false);
  const shown = step === null || step > total || gone ? null : step;
  const frame = `/api/v1/generations/${generation}/frames/${shown}?picture=${Math.max(0, which)}`;
  return (
    <>
      <div className="flex grow items-center justify-center lg:min-h-0">
        <img
          src={shown === null ? picture.url : frame}
          alt={strings.print.alt(
            titleOf(picture),
            shown === null ? strings.print.finished : strings.print.atStep(shown),
          )}
          data-testid="large"
          onError={() => shown !== null && setGone(true)}
          className="w-full max-lg:max-h-[60dvh] lg:max-h-full lg:min-h-0 rounded-print object-contain [image-rendering:auto]"
          style={{
            maxWidth: `min(100%, ${Math.max(512, picture.width * 2)}px)`,
            aspectRatio: picture.width / picture.height,
          }}
        />
      </div>
      {total > 0 && !gone && which >= 0 && (
        <div className="mx-auto flex w-full max-w-xl items-center gap-4 text-small">
          <Slider
            label={words.timeline}
            value={shown ?? total + 1}
            min={1}
            max={total + 1}
            onChange={(next) => setStep(next > total ? null : next)}
          />
          <output className="w-36 shrink-0 text-end text-pencil tabular-nums">
            {shown === null ? words.print : words.step(shown, total)}
          </output>
        </div>
      )}
      {gone && <p className="text-center text-small text-pencil">{words.stepsGone}</p>}
    </>
  );
}
