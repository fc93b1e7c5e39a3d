# SPDX-License-Identifier: GPL-3.0-or-later
"""One training step of the first two stages, and the corruption that makes music necessary.

With its full context a predictor reads the beat off the motion and ignores the music. So context is
withheld or blurred at random, sound features are dropped while the beat phase stays, and the whole
music is withheld now and then for classifier-free guidance.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from .config import LOOKAHEAD, SEGMENT, TOKENS
from .criterion import RECONSTRUCTION, VICREG, flow_loss, reconstruction, vicreg, weighted
from .network import Conditions, DanceModel
from .pairing import SOUND, Batch

NO_CONTEXT, SHORT_CONTEXT, HISTORY_NOISE = 0.30, 0.30, 0.8
SOUND_DROP, MUSIC_DROP, STYLE_DROP, ENERGY_DROP = 0.50, 0.20, 0.15, 0.15
#: How much it counts that the beat can be read off what the flow makes.
RHYTHM = 0.6
KINEMATIC_ITEMS = 24
#: From this share of stage two on the decoder is trained along; it costs half a step more.
READING = 0.85


class Tensors:
    """A batch on the device, cut into segments."""

    def __init__(self, batch: Batch, device: torch.device) -> None:
        self.motion = torch.from_numpy(batch.motion).to(device)
        self.music = torch.from_numpy(batch.music).to(device)
        self.style = torch.from_numpy(batch.style).to(device)
        self.energy = torch.from_numpy(batch.energy).to(device)
        self.segments = self.motion.shape[1] // SEGMENT

    def music_of(self, segment: int) -> Tensor:
        start = segment * SEGMENT
        return self.music[:, start : start + SEGMENT + LOOKAHEAD]

    def encoded(self, model: DanceModel) -> Tensor:
        """Latents (B, S, 15, D) of every segment."""
        flat = self.motion.unflatten(1, (self.segments, SEGMENT)).flatten(0, 1)
        return model.encoder(flat).unflatten(0, (-1, self.segments))


def corrupted(batch: Tensors, context: Tensor, segment: int) -> Conditions:
    """Training conditions for `segment`, whose context (B, 15, D) and music are made unreliable."""
    size, device = len(context), context.device

    def chance(probability: float) -> Tensor:
        return (torch.rand(size, 1, device=device) < probability).to(context.dtype)

    draw = torch.rand(size, 1, device=device)
    place = torch.arange(TOKENS, device=device)[None]
    mask = torch.where(
        draw < NO_CONTEXT + SHORT_CONTEXT, (place >= TOKENS - 4).to(context.dtype), 1.0
    )
    mask = torch.where(draw < NO_CONTEXT, torch.zeros_like(mask), mask)
    blur = HISTORY_NOISE * torch.rand(size, 1, 1, device=device)
    music = batch.music_of(segment).clone()
    music[:, :, SOUND] *= 1 - chance(SOUND_DROP)[:, :, None]
    unknown = chance(ENERGY_DROP)
    return Conditions(
        context=(context + blur * torch.randn_like(context)) * mask[:, :, None],
        context_mask=mask,
        music=music,
        style=batch.style * (1 - chance(STYLE_DROP)),
        energy=batch.energy[:, segment, None] * (1 - unknown) - unknown,
        heard=1 - chance(MUSIC_DROP),
    )


def encoding_step(model: DanceModel, batch: Tensors, progress: float) -> dict[str, Tensor]:
    """Stage one: f, d and the deterministic g, unrolled over the segments of the window."""
    latents = batch.encoded(model)
    sequence = latents.flatten(1, 2)
    noise = 0.4 * torch.rand(len(sequence), 1, 1, device=sequence.device)
    decoded = model.decoder(sequence + noise * torch.randn_like(sequence))
    rebuilt = reconstruction(decoded, batch.motion, model.encoder.std, KINEMATIC_ITEMS)
    spread = vicreg(sequence)
    context, errors = latents[:, 0], []
    for segment in range(1, batch.segments):
        predicted = model.jepa(corrupted(batch, context, segment))
        errors.append(F.mse_loss(predicted, latents[:, segment]))
        forced = torch.rand(len(context), 1, 1, device=context.device) > 0.5 * progress
        context = torch.where(forced, latents[:, segment], predicted)
    jepa = torch.stack(errors).mean()
    inverse = F.mse_loss(
        model.inverse(torch.cat([sequence[:, :-1], sequence[:, 1:]], dim=-1)), heard(batch)
    )
    loss = weighted(rebuilt, RECONSTRUCTION) + weighted(spread, VICREG) + 0.3 * jepa + 0.5 * inverse
    return {"loss": loss, **rebuilt, **spread, "jepa": jepa, "inverse": inverse}


def flow_step(model: DanceModel, batch: Tensors, progress: float) -> dict[str, Tensor]:
    """Stage two: the flow in the frozen latent space. More and more often the context is the flow's
    own estimate, and towards the end the decoder learns to read such estimates."""
    with torch.no_grad():
        latents = batch.encoded(model)
    terms, estimate, time = predicting(model, batch, latents, 0.5 * progress)
    if progress > READING:
        late = torch.argsort(time, descending=True)[: len(time) // 3]
        read = torch.cat([latents[late, 1], estimate[late].detach()], dim=1)
        rebuilt = reconstruction(
            model.decoder(read), batch.motion[late, SEGMENT:], model.encoder.std, KINEMATIC_ITEMS
        )
        decoding = weighted(rebuilt, RECONSTRUCTION)
        terms |= {"loss": terms["loss"] + 0.3 * decoding, "decoding": decoding}
    return terms


def predicting(
    model: DanceModel, batch: Tensors, latents: Tensor, own_share: float
) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """The flow's terms on the second and third segment of latents (B, 3, 15, D).

    own_share: how often the third goes on from the flow's own estimate of the second. Returns the
    terms, the estimates of the third (B, 15, D) and their times (B,).
    """
    wanted = heard(batch)
    told = corrupted(batch, latents[:, 0], 1)
    first, estimate, time = flow_loss(model.flow, latents[:, 1], told)
    rhythm = rhythm_loss(model, wanted, 1, estimate, time, told)
    own = (torch.rand_like(time) < own_share) & (time > 0.5)
    context = torch.where(own[:, None, None], estimate.detach(), latents[:, 1])
    told = corrupted(batch, context, 2)
    second, estimate, time = flow_loss(model.flow, latents[:, 2], told)
    rhythm = rhythm + rhythm_loss(model, wanted, 2, estimate, time, told)
    loss = first + second + RHYTHM * rhythm
    return {"loss": loss, "flow": (first + second) / 2, "rhythm": rhythm / 2}, estimate, time


def rhythm_loss(
    model: DanceModel,
    heard: Tensor,
    segment: int,
    estimate: Tensor,
    time: Tensor,
    told: Conditions,
) -> Tensor:
    """How far the beat phase that the IDM head reads off estimates (B, 15, D) is from the music's.

    The flow's own loss hardly cares when an accent falls; this does. It counts by the flow's time,
    as an early estimate is a blur, and only where music is heard.
    """
    read = model.inverse(torch.cat([estimate[:, :-1], estimate[:, 1:]], dim=-1))[..., :2]
    first = segment * TOKENS
    wanted = heard[:, first : first + TOKENS - 1, :2]
    error = (read - wanted).pow(2).mean((1, 2))
    return (error * time * told.heard[:, 0]).mean()


def heard(batch: Tensors) -> Tensor:
    """What the IDM head recovers at every token but the first: beat phase, onset, energy."""
    music = batch.music[:, : batch.segments * SEGMENT].unflatten(1, (-1, 4))
    phase_onset = torch.cat([music[:, :, 0, 37:39], music[:, :, :, 0].amax(2)[..., None]], dim=-1)
    energy = batch.energy.repeat_interleave(TOKENS, dim=1)[..., None]
    return torch.cat([phase_onset, energy], dim=-1)[:, 1:]
