import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createQueryClient } from "@/api/queries";
import { awaitInstallOffer } from "@/features/app/installing";
import { beginWorker } from "@/features/app/worker";
import { createDarkroom, DarkroomContext } from "@/features/develop/darkroom";
import { world } from "@/features/develop/world";
import { Broken } from "@/routes/Broken";
import { createStudioRouter } from "@/routes/router";
import { Spoken } from "@/ui/spoken";
import { TipProvider } from "@/ui/tip";
import { choice, speak } from "@/words/speaking";
import "@/ui/nonce";
import "@/app.css";

awaitInstallOffer();
beginWorker();
const darkroom = createDarkroom(world);

const router = createStudioRouter();

const studio = document.getElementById("studio");
if (studio === null) throw new Error("index.html has no #studio.");
const page = createRoot(studio);
// Words that cannot be fetched are no reason to show nothing: English is always there.
void speak(choice())
  .catch(() => {})
  .then(() =>
    page.render(
      <StrictMode>
        <QueryClientProvider client={createQueryClient()}>
          <DarkroomContext value={darkroom}>
            <Spoken>
              <TipProvider delayDuration={400}>
                <Broken>
                  <RouterProvider router={router} />
                </Broken>
              </TipProvider>
            </Spoken>
          </DarkroomContext>
        </QueryClientProvider>
      </StrictMode>,
    ),
  );
