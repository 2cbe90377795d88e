"""Reading an image file, with errors that name it."""

from mmcv.transforms import LoadImageFromFile

from cpcl_mm.registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadImage(LoadImageFromFile):
    """Read an image as mmcv's ``LoadImageFromFile`` does, with an error that names file and item.

    mmcv lets the decoder's own error through, which names neither. Takes mmcv's arguments.

    Required key: ``img_path``. Added keys: ``img`` (H, W, 3) uint8 BGR, ``img_shape``,
    ``ori_shape``.
    """

    def transform(self, results: dict) -> dict:
        """Read the image of an item.

        Raises:
            OSError: The file is missing or cannot be decoded.
        """
        try:
            return super().transform(results)
        # Which error comes depends on the decoder: cv2.error, AssertionError, OSError, ...
        except Exception as error:
            raise OSError(
                f'cannot load image {results["img_path"]} (image {results.get("image_index")} of '
                f'the split, item {results.get("sample_idx")} of the data set): {error}. Restore '
                "the file, or set bad_records='skip' and check_images='decode' in the data set "
                'to leave such images out.'
            ) from error
