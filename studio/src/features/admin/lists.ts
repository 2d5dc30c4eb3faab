import { useInfiniteQuery } from "@tanstack/react-query";
import { getDeeds, getUsers, getWorkspaces, type Page } from "@/api/house";

/** A list that is fetched page by page. */
function usePaged<Item>(key: string, get: (cursor: string | null, signal: AbortSignal) => Promise<Page<Item>>) {
  const query = useInfiniteQuery({
    queryKey: [key],
    queryFn: ({ pageParam, signal }) => get(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  return {
    items: query.data?.pages.flatMap(({ items }) => items),
    error: query.error,
    more: query.hasNextPage ? () => void query.fetchNextPage() : null,
  };
}

export const useUsers = () => usePaged("users", getUsers);
export const useWorkspaces = () => usePaged("workspaces", getWorkspaces);
export const useDeedsLog = () => usePaged("audit", getDeeds);
