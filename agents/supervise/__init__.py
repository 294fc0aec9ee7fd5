"""A process of its own for each wipe: started by the agent, outliving it, followed and settled by whichever agent runs then.

What both sides say to each other lies in `jobs/` of the state directory. `process` is the job's side, `launch` and `follow` the
agent's; it stands below `bench`, so that a job's process loads no more than it needs.
"""
