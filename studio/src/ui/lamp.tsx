/** The safelight: our mark. */
export function Lamp({ className = "size-6" }: { className?: string }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 24 24" className={className}>
      <path d="M12 2v4" className="stroke-pencil" strokeWidth="1.5" strokeLinecap="round" />
      <path d="M8.6 6h6.8l2.4 7H6.2z" className="fill-safe" />
      <path d="M6.2 13h11.6l3 7a16 16 0 0 1-17.6 0z" className="fill-safe opacity-25" />
    </svg>
  );
}
