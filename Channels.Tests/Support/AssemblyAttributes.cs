// Tests run side by side and in any order, each on an instance of its own, so that none can lean on another's state.
[assembly: Parallelizable(ParallelScope.All)]
[assembly: FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
