import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Problem } from "@/api/problem";
import { toast } from "@/ui/toasts";

/** Does something at the server, says what went wrong, and has the lists it is about asked for again. */
export function useAct<Wish, Answer>(
  act: (wish: Wish) => Promise<Answer>,
  { lists, onDone }: { lists: readonly string[]; onDone?: (answer: Answer, wish: Wish) => void },
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (answer, wish) => onDone?.(answer, wish),
    onError: (error) => {
      if (!(error instanceof Problem)) throw error;
      toast(`${error.message} ${error.hint}`.trim(), { wrong: true });
    },
    onSettled: () => Promise.all(lists.map((list) => client.invalidateQueries({ queryKey: [list] }))),
  });
}
