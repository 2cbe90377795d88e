"""Reading an image file, with errors that name it."""

from mmcv.transforms import BaseTransform

from cpcl_mm.registry import TRANSFORMS
from cpcl_mm.utils.image_file import read_image, to_bgr


@TRANSFORMS.register_module()
class LoadImage(BaseTransform):
    """Read an image as :func:`~cpcl_mm.utils.image_file.read_image` does, for mmcv's transforms.

    Required key: ``img_path``. Added keys: ``img`` (H, W, 3) uint8 BGR, ``img_shape``,
    ``ori_shape``.
    """

    def transform(self, results: dict) -> dict:
        """Read the image of an item.

        Raises:
            OSError: The file is missing or cannot be decoded.
        """
        try:
            image = to_bgr(read_image(results['img_path']))
        except ValueError as error:
            raise OSError(
                f'cannot load image {results["img_path"]} (image {results.get("image_index")} of '
                f'the split, item {results.get("sample_idx")} of the data set): it {error}. '
                "Restore the file, or set bad_records='skip' and check_images='decode' in the data "
                'set to leave such images out.'
            ) from error
        shape = image.shape[:2]
        return results | {'img': image, 'img_shape': shape, 'ori_shape': shape}
