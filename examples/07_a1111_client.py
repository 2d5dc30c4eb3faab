"""A client of AUTOMATIC1111, with another address.

pip install webuiapi && python examples/07_a1111_client.py [http://127.0.0.1:8000] [key]
"""

import sys

import webuiapi

server = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
key = sys.argv[2] if len(sys.argv) > 2 else None

client = webuiapi.WebUIApi(baseurl=f"{server}/sdapi/v1", username="me", password=key, sampler="DPM++ 2M")
print("models:", client.util_get_model_names())
answer = client.txt2img(prompt="a green frog", seed=5, steps=8, width=256, height=256)
answer.image.save("frog.png")
print(answer.info["infotexts"][0])

redrawn = client.img2img(
    images=[answer.image], prompt="a blue frog", denoising_strength=0.6, steps=8, width=256, height=256
)
redrawn.image.save("blue-frog.png")
print("blue-frog.png:", redrawn.info["all_seeds"])
