import { useEffect, useId, useState } from "react";
import { strings } from "@/strings";
import { Labelled } from "@/ui/field";
import { Select } from "@/ui/select";
import { toast } from "@/ui/toasts";
import { type Choice, choice, choose, TONGUES } from "@/words/speaking";

const words = strings.language;
/** The page is said anew by another choice, and the focus returns to where it was made. */
let made = false;

/** In which language the studio speaks. */
export function LanguageChoice() {
  const id = useId();
  const [chosen, setChosen] = useState(choice);
  useEffect(() => {
    if (made) document.getElementById(id)?.focus();
    made = false;
  }, [id]);
  const change = (next: string) => {
    made = true;
    setChosen(next as Choice);
    choose(next as Choice).catch(() => {
      made = false;
      setChosen(choice());
      toast(words.notHere, { wrong: true });
    });
  };
  const choices = [
    { value: "browser", label: words.browser },
    ...Object.entries(TONGUES).map(([value, label]) => ({ value, label })),
  ];
  return (
    <Labelled label={words.label} id={id}>
      <Select id={id} value={chosen} choices={choices} onChange={change} />
    </Labelled>
  );
}
