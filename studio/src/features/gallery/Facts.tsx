import type { PictureRecord } from "@/api/types";
import { strings } from "@/strings";
import { bytes, moment } from "@/ui/moment";
import { Pairs } from "@/ui/section";

const words = strings.detail;
const said = strings.picture;

/** How a picture was made, as a list. */
export function Facts({ picture }: { picture: PictureRecord }) {
  const { recipe } = picture;
  const facts: readonly (readonly [string, string | number | null | undefined])[] = [
    [said.negative, recipe?.negative_prompt],
    [said.model, recipe?.model],
    [said.size, `${picture.width} × ${picture.height}`],
    [said.steps, recipe?.steps],
    [said.guidance, recipe?.guidance],
    [said.sampler, recipe?.sampler ? strings.samplers[recipe.sampler] : null],
    [said.seed, picture.seed],
    [said.made, moment(picture.created_at)],
    [words.origin, picture.origin === "drawn" ? null : strings.gallery.origins[picture.origin]],
    [words.file, `${picture.file_name}, ${bytes(picture.bytes)}`],
  ];
  return (
    <>
      <Pairs label={words.recipe} of={facts} />
      {picture.notes.length > 0 && (
        <section className="text-small">
          <h3 className="text-pencil">{words.notes}</h3>
          <ul className="flex flex-col gap-1">
            {picture.notes.map((note) => (
              <li key={note} className="break-words">
                {note}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
