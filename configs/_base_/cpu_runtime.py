# The default runtime for models that are small enough for a CPU: one thread an operation.
_base_ = 'default_runtime.py'
default_hooks = dict(cpu_threads=dict(type='CPUThreadsHook', num_threads=1))
