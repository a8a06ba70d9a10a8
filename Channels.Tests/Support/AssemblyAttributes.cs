// Tests run side by side and in any order, each on an instance of its own, so that none can lean on another's state.
[assembly: Parallelizable(ParallelScope.All)]
[assembly: FixtureLifeCycle(LifeCycle.InstancePerTestCase)]

// Half of the time tests wait for processes, restarts and deadlines of others: twice as many as there are processors of a small machine.
[assembly: LevelOfParallelism(4)]
