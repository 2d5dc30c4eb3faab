import { GitBranch, Signpost, Sparkles } from "lucide-react";
import { type KeyboardEvent, useId, useState } from "react";
import { Problem } from "@/api/problem";
import { changed, type Direction, directionAt } from "@/features/develop/acts";
import { useDarkroom } from "@/features/develop/darkroom";
import type { Development } from "@/features/develop/development";
import { PaintHint } from "@/features/develop/InjectForm";
import type { Noise } from "@/features/develop/useNoise";
import { strings } from "@/strings";
import { Button } from "@/ui/button";
import { NoiseFields } from "@/ui/grain/NoiseFields";
import { NumberField } from "@/ui/number";
import { Slider } from "@/ui/slider";

const words = strings.acts;
const GUIDANCE = { least: 0, usual: 15, most: 50 };

interface Props {
  development: Development;
  noise: Noise;
  /** The first step that is taken the new way. */
  step: number;
  /** A new strip beneath, in place of another way for this one. */
  branches: boolean;
}

/** Another prompt or guidance from a step on, for the generation itself or for a branch of it. */
export function DirectionForm({ development, noise, step, branches }: Props) {
  const id = useId();
  const { recipe, total } = development;
  const before = directionAt(recipe, branches ? step : total);
  const [wish, setWish] = useState<Direction>(before);
  const noisy = noise.meant;
  const [problem, setProblem] = useState<Problem | null>(null);
  const { steer, branch, asking } = useDarkroom((room) => room);
  const print = useDarkroom((room) => room.viewing.print);
  const change = changed(before, wish);
  const size = { width: recipe.width ?? 512, height: recipe.height ?? 512 };
  const ready = branches ? !noisy || noise.somewhere : Object.keys(change).length > 0;

  const apply = async () => {
    if (!ready || asking) return;
    try {
      if (!branches) return void (await steer(change));
      const injections = noisy ? [await noise.injection({ first: step, ...size })] : [];
      const lifted = recipe.stop_after !== null && recipe.stop_after < total ? { stop_after: null } : {};
      await branch({ step, picture: print, changes: { ...change, ...lifted, injections } });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setProblem(error);
    }
  };
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void apply();
  };
  const Icon = branches ? GitBranch : Signpost;
  return (
    <>
      <div className="flex flex-wrap gap-x-6 gap-y-3">
        <div className="flex min-w-0 grow basis-64 flex-col gap-1">
          <label htmlFor={`${id}-prompt`} className="text-small text-pencil">
            {words.prompt}
          </label>
          <textarea
            id={`${id}-prompt`}
            rows={1}
            maxLength={10_000}
            value={wish.prompt}
            onChange={(event) => setWish({ ...wish, prompt: event.target.value })}
            onKeyDown={press}
            className="field-sizing-content max-h-28 min-h-8 resize-none rounded-control bg-raised px-3 py-1 hover:bg-line focus:bg-line"
          />
        </div>
        <Guidance value={wish.guidance} onChange={(guidance) => setWish({ ...wish, guidance })} />
      </div>
      {branches && (
        <label className="flex w-fit items-center gap-2 text-small text-pencil hover:text-paper">
          <input
            type="checkbox"
            checked={noisy}
            onChange={(event) => noise.mean(event.target.checked)}
            className="size-4 accent-(--paper)"
          />
          <Sparkles aria-hidden className="size-4" />
          {words.withNoise}
        </label>
      )}
      {branches && noisy && (
        <>
          <NoiseFields noise={noise.grain} ratio={size.width / size.height} onChange={noise.setGrain} wide />
          {noise.grain.pattern === null && <PaintHint noise={noise} />}
        </>
      )}
      <div className="flex items-center gap-3">
        <Button kind="primary" disabled={!ready || asking} onClick={() => void apply()} data-testid="apply">
          <Icon aria-hidden />
          {branches ? words.branchNow : words.steerNow}
        </Button>
        <p className="text-small text-pencil">{problem?.message ?? (branches ? words.branchHint : words.steerHint)}</p>
      </div>
    </>
  );
}

function Guidance({ value, onChange }: { value: number; onChange(value: number): void }) {
  const id = useId();
  return (
    <div className="flex min-w-40 grow basis-40 flex-col sm:max-w-56">
      <div className="flex items-center justify-between gap-2">
        <label htmlFor={id} className="text-small text-pencil">
          {strings.parameters.guidance}
        </label>
        <NumberField
          id={id}
          value={value}
          min={GUIDANCE.least}
          max={GUIDANCE.most}
          whole={false}
          onChange={(typed) => typed !== null && onChange(typed)}
          className="w-16 text-end"
        />
      </div>
      <Slider
        label={strings.parameters.guidance}
        value={value}
        min={GUIDANCE.least}
        max={GUIDANCE.usual}
        step={0.5}
        onChange={onChange}
      />
    </div>
  );
}
