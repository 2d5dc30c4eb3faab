import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { cancelGeneration, getGeneration } from "@/api/client";
import { follow } from "@/api/feed";
import { createQueryClient } from "@/api/queries";
import { createDarkroom, DarkroomContext } from "@/features/develop/darkroom";
import { Broken } from "@/routes/Broken";
import { Shell } from "@/routes/Shell";
import { TipProvider } from "@/ui/tip";
import "@/app.css";

const darkroom = createDarkroom({
  follow,
  get: getGeneration,
  cancel: cancelGeneration,
  now: () => performance.now(),
});

const studio = document.getElementById("studio");
if (studio === null) throw new Error("index.html has no #studio.");
createRoot(studio).render(
  <StrictMode>
    <QueryClientProvider client={createQueryClient()}>
      <DarkroomContext value={darkroom}>
        <TipProvider delayDuration={400}>
          <Broken>
            <Shell />
          </Broken>
        </TipProvider>
      </DarkroomContext>
    </QueryClientProvider>
  </StrictMode>,
);
