import type { Extras } from "@/features/recipe/draft";
import { ImageField } from "@/features/recipe/ImageField";
import { strings } from "@/strings";
import { Amount } from "@/ui/amount";
import { Folding } from "@/ui/folding";

const words = strings.promptImage;

interface Props {
  extras: Extras;
  set(change: Partial<Extras>): void;
}

/** An image that says what to draw, beside the words. */
export function PromptImageSection({ extras, set }: Props) {
  const { prompt_image } = extras;
  return (
    <Folding name="prompt-image" title={words.title} told={prompt_image ? words.told(prompt_image.weight) : undefined}>
      <ImageField
        label={words.image}
        value={prompt_image?.image ?? null}
        onChange={(image) => set({ prompt_image: image === null ? null : { image, weight: 0.7 } })}
      />
      {prompt_image && (
        <>
          <Amount
            label={words.weight}
            value={prompt_image.weight}
            range={{ least: 0, usual: 1, most: 1 }}
            step={0.05}
            onChange={(weight) => set({ prompt_image: { ...prompt_image, weight: weight ?? 0.7 } })}
          />
          <p className="-mt-2 text-small text-pencil">{words.hint}</p>
        </>
      )}
    </Folding>
  );
}
