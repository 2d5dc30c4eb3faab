import { useState } from "react";
import { type Cadence, type PreviewSize, recallPreviews, rememberPreviews } from "@/features/develop/previews";
import { strings } from "@/strings";
import { Field } from "@/ui/labelled";
import { Section } from "@/ui/section";
import { Segmented } from "@/ui/segmented";

const words = strings.previews;
/** Numbers come first among the keys of an object: an order of its own keeps none at the end. */
const CADENCES = Object.keys(words.cadence) as Cadence[];
const SIZES = Object.keys(words.sizes) as PreviewSize[];

/** How many previews come, and how large; from the next generation on. */
export function PreviewChoice() {
  const [previews, setPreviews] = useState(recallPreviews);
  const choose = (next: typeof previews) => {
    rememberPreviews(next);
    setPreviews(next);
  };
  return (
    <Section title={words.title} body={words.body}>
      <div className="grid max-w-xl gap-4 sm:grid-cols-2">
        <Field label={words.every} plain>
          <Segmented
            label={words.every}
            value={previews.every}
            segments={CADENCES.map((value) => ({ value, label: words.cadence[value] }))}
            onChange={(every) => choose({ ...previews, every: every as Cadence })}
          />
        </Field>
        {previews.every !== "none" && (
          <Field label={words.size} plain>
            <Segmented
              label={words.size}
              value={previews.size}
              segments={SIZES.map((value) => ({ value, label: words.sizes[value], title: `${value} px` }))}
              onChange={(size) => choose({ ...previews, size: size as PreviewSize })}
            />
          </Field>
        )}
      </div>
    </Section>
  );
}
