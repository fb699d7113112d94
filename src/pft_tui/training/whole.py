"""The paper's way to adapt: the weights of the encoder learn, all of them or all but the CNN's."""

from __future__ import annotations

from torch import Tensor, nn

from pft_tui.encoders.encoder import Encoder
from pft_tui.encoders.ragged import Ragged
from pft_tui.training.adaptation import Adapted, Headed, Start
from pft_tui.training.frozen import FrozenCnn
from pft_tui.training.head import new_head
from pft_tui.training.inputs import Inputs


class Classifier(Headed):
    """An encoder and a linear head over the mean of its hidden states.

    With `from_features` it takes the output of the encoder's CNN in place of waveforms.
    """

    def __init__(self, encoder: Encoder, head: nn.Linear, *, from_features: bool) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head
        self._encode = encoder.contextualise if from_features else encoder

    def forward(self, inputs: Ragged) -> Tensor:
        """The logits (B, classes) of normalised waveforms (B, T), or of CNN features (B, F, C)."""
        logits: Tensor = self.head(self._encode(inputs).pooled())
        return logits


def adapt(start: Start) -> Adapted[Ragged]:
    """The encoder with a head. With the CNN frozen its output is computed once and kept."""
    if start.recipe.freeze_cnn:
        start.encoder.freeze_cnn()
    return classifier(start, start.encoder)


def classifier(start: Start, encoder: Encoder) -> Adapted[Ragged]:
    """`encoder` with a head over its mean hidden states; what of it learns has been settled."""
    recipe, data = start.recipe, start.data
    head = new_head(encoder.hidden_size, start.classes, seed=0).to(start.device)
    cnn = FrozenCnn(encoder, recipe, start.device, start.kept) if recipe.freeze_cnn else None
    inputs = Inputs(encoder, recipe, start.device, cnn)
    return Adapted(
        model=Classifier(encoder, head, from_features=recipe.freeze_cnn),
        picker=lambda drawn: inputs.picker([data.train.audio[index] for index in drawn]),
        evaluation=inputs.batches(data.evaluation.audio),
        test=inputs.batches(data.test.audio),
    )
