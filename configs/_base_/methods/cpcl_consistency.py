# CPCL with the consistency of DGCMIA: mutual matches of augmented images and captions with half of
# their tokens masked. Add a data set's part, and its pipeline of pairs with a second view.
_base_ = ['cpcl.py']
model = dict(
    encoders=dict(augmented_image='image'),
    head=dict(
        losses=dict(
            # Whole captions: masked ones are for the consistency.
            instance=dict(type='InstanceLoss', loss=_base_.model.head.instance, text='text'),
            # Both directions summed, as published; the loss has their mean.
            consistency=dict(
                type='MutualMatchLoss',
                image='augmented_image',
                text='masked_text',
                loss_weight=2.0,
            ),
        ),
    ),
)
