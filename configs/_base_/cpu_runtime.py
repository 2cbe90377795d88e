# The default runtime for models that are small enough for a CPU: one thread an operation.
_base_ = 'default_runtime.py'
custom_hooks = [dict(type='CPUThreadsHook', num_threads=1), *_base_.custom_hooks]
