"""The pseudo labels of a training: clusters, and curves over the epochs."""

from io import BytesIO
from pathlib import Path
from threading import Lock

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cpcl_mm.datasets import ImageCaptionDataset
from cpcl_mm.pseudo_labels import load_history, load_labels, recorded_epochs
from cpcl_mm.visualization import draw_cluster_sheet, draw_label_curves

from .app import render
from .dataset_section import Splits
from .pictures import png_answer

# Entries of the reports that the table shows, where they were recorded.
COLUMNS = {
    'image/clusters': 'Image clusters',
    'text/clusters': 'Text clusters',
    'image/outliers': 'Image outliers',
    'text/outliers': 'Text outliers',
    'image/purity': 'Image purity',
    'text/purity': 'Text purity',
}
NUM_CLUSTERS = 12  # On a sheet.


class LabelSection:
    """Shows what a training, by its work directory and data sets, has clustered so far.

    Raises ``FileNotFoundError`` if it has not clustered.
    """

    title = 'Pseudo labels'
    path = '/labels'

    def __init__(self, work_dir: str | Path, splits: Splits) -> None:
        self.folder = Path(work_dir) / 'pseudo_labels'
        self.splits = splits
        # Matplotlib's figures share caches that know nothing of threads.
        self._lock = Lock()
        load_labels(self.folder)
        load_history(self.folder)

    @property
    def routes(self) -> list[Route]:
        """See :class:`~cpcl_mm.search.web.app.Section`."""
        return [
            Route('/labels', self.show),
            Route('/labels/curves.png', self.curves),
            Route('/labels/{epoch:int}.png', self.sheet),
        ]

    def show(self, request: Request) -> Response:
        """Show the clusters of an epoch, the latest by default, and the curves up to now."""
        epochs = recorded_epochs(self.folder)
        wanted = request.query_params.get('epoch') or str(epochs[-1])
        if wanted not in map(str, epochs):
            raise HTTPException(404, f'There are no pseudo labels of epoch {wanted[:40]}.')
        history = [(report.epoch, report.scalars()) for report in load_history(self.folder)]
        return render(
            request,
            'labels.html',
            folder=self.folder.parent,
            epoch=int(wanted),
            epochs=epochs,
            history=history,
            columns={
                key: name for key, name in COLUMNS.items() if any(key in e for _, e in history)
            },
        )

    def curves(self, request: Request) -> Response:
        """Draw the curves."""
        dataset = self.splits.get('train')
        num_known = len({identity for identity in dataset.identities.tolist() if identity >= 0})
        buffer = BytesIO()
        with self._lock:
            title = f'{_name(dataset)} over the epochs'
            draw_label_curves(load_history(self.folder), num_known or None, title).savefig(buffer)
        return Response(buffer.getvalue(), media_type='image/png')

    def sheet(self, request: Request) -> Response:
        """Draw the clusters of an epoch."""
        dataset, epoch = self.splits.get('train'), request.path_params['epoch']
        try:
            labels = load_labels(self.folder, epoch)
            with self._lock:
                title = f'{_name(dataset)} of epoch {epoch}'
                return png_answer(draw_cluster_sheet(labels, dataset, NUM_CLUSTERS, title))
        except FileNotFoundError as error:
            raise HTTPException(404, str(error)) from error
        except ValueError as error:
            raise HTTPException(500, str(error)) from error


def _name(dataset: ImageCaptionDataset) -> str:
    return f'{type(dataset).__name__}, {dataset.split}: pseudo labels'
