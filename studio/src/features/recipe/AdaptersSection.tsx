import { Plus, Trash2 } from "lucide-react";
import type { AdapterCard, ModelCard } from "@/api/types";
import { useAdapters } from "@/api/writing";
import { ControlFields } from "@/features/recipe/ControlFields";
import type { Extras } from "@/features/recipe/draft";
import { ImageField } from "@/features/recipe/ImageField";
import { strings } from "@/strings";
import { Amount } from "@/ui/amount";
import { Button, IconButton } from "@/ui/button";
import { Folding } from "@/ui/folding";
import { Menu, MenuItem } from "@/ui/menu";

const words = strings.adapters;

interface Props {
  extras: Extras;
  set(change: Partial<Extras>): void;
  card: ModelCard;
  /** Puts a word that brings out a LoRA into the prompt. */
  onWord(word: string): void;
}

/** What is put on top of the model: LoRAs, drawings to follow, an image adapter. */
export function AdaptersSection({ extras, set, card, onWord }: Props) {
  const { data: installed = [] } = useAdapters();
  const fitting = installed.filter(({ model }) => model === null || model === card.id);
  const { loras, controls, ip_adapter } = extras;
  const count = loras.length + controls.length + (ip_adapter ? 1 : 0);
  const add = ({ id, kind }: AdapterCard) => {
    if (kind === "lora") set({ loras: [...loras, { id, weight: 1 }] });
    else if (kind === "ip_adapter") set({ ip_adapter: { id, image: "", weight: 0.6 } });
    else set({ controls: [...controls, { model: id, image: "", preprocessor: null, weight: 1, start: 0, end: 1 }] });
  };
  return (
    <Folding name="adapters" title={words.title} told={count ? words.told(count) : undefined}>
      {loras.map((lora, n) => (
        <LoraFields
          key={lora.id}
          name={named(installed, lora.id)}
          triggers={installed.find(({ id, kind }) => id === lora.id && kind === "lora")?.triggers ?? []}
          weight={lora.weight}
          onWeight={(weight) => set({ loras: loras.map((one, at) => (at === n ? { ...one, weight } : one)) })}
          onRemove={() => set({ loras: loras.filter((_, at) => at !== n) })}
          onWord={onWord}
        />
      ))}
      {controls.map((control, n) => (
        <ControlFields
          key={control.model}
          name={named(installed, control.model)}
          control={control}
          onChange={(changed) => set({ controls: controls.map((one, at) => (at === n ? changed : one)) })}
          onRemove={() => set({ controls: controls.filter((_, at) => at !== n) })}
        />
      ))}
      {ip_adapter && (
        <fieldset aria-label={named(installed, ip_adapter.id)} className="flex min-w-0 flex-col gap-2">
          <Head name={named(installed, ip_adapter.id)} onRemove={() => set({ ip_adapter: null })} />
          <ImageField
            label={words.adapterImage}
            value={ip_adapter.image || null}
            onChange={(image) => set({ ip_adapter: { ...ip_adapter, image: image ?? "" } })}
          />
          <Amount
            label={words.weight}
            value={ip_adapter.weight}
            range={{ least: 0, usual: 1, most: 1 }}
            step={0.05}
            onChange={(weight) => set({ ip_adapter: { ...ip_adapter, weight: weight ?? 0.6 } })}
          />
        </fieldset>
      )}
      <Adding cards={fitting.filter((one) => !used(one, extras))} none={fitting.length === 0} onAdd={add} />
    </Folding>
  );
}

const named = (cards: readonly AdapterCard[], id: string): string => cards.find((card) => card.id === id)?.name ?? id;

const used = ({ id, kind }: AdapterCard, { loras, controls, ip_adapter }: Extras): boolean => {
  if (kind === "lora") return loras.some((lora) => lora.id === id);
  return kind === "control" ? controls.some((control) => control.model === id) : ip_adapter !== null;
};

function Adding({
  cards,
  none,
  onAdd,
}: {
  cards: readonly AdapterCard[];
  none: boolean;
  onAdd(card: AdapterCard): void;
}) {
  if (none) return <p className="text-small text-pencil">{words.none}</p>;
  if (cards.length === 0) return null;
  return (
    <Menu
      align="start"
      trigger={
        <Button className="self-start">
          <Plus aria-hidden />
          {words.add}
        </Button>
      }
    >
      {cards.map((card) => (
        <MenuItem key={`${card.kind}-${card.id}`} onSelect={() => onAdd(card)}>
          <span className="truncate">{card.name}</span>
          <span className="ms-auto ps-4 text-pencil">{words.kinds[card.kind]}</span>
        </MenuItem>
      ))}
    </Menu>
  );
}

export function Head({ name, onRemove }: { name: string; onRemove(): void }) {
  return (
    <div className="flex items-center justify-between gap-2 text-small">
      <span className="truncate">{name}</span>
      <IconButton label={words.remove(name)} onClick={onRemove}>
        <Trash2 aria-hidden />
      </IconButton>
    </div>
  );
}

interface LoraProps {
  name: string;
  triggers: readonly string[];
  weight: number;
  onWeight(weight: number): void;
  onRemove(): void;
  onWord(word: string): void;
}

function LoraFields({ name, triggers, weight, onWeight, onRemove, onWord }: LoraProps) {
  return (
    <fieldset aria-label={name} className="flex min-w-0 flex-col">
      <Head name={name} onRemove={onRemove} />
      <Amount
        label={words.weight}
        value={weight}
        range={{ least: -4, usual: 2, most: 4 }}
        step={0.05}
        onChange={(typed) => onWeight(typed ?? 1)}
      />
      {triggers.length > 0 && (
        <p className="flex flex-wrap gap-1 pt-1">
          {triggers.slice(0, 8).map((word) => (
            <Button
              key={word}
              kind="quiet"
              title={words.trigger(word)}
              onClick={() => onWord(word)}
              className="h-6 px-2"
            >
              {word}
            </Button>
          ))}
        </p>
      )}
    </fieldset>
  );
}
