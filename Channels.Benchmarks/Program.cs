using Channels.Benchmarks;

return args switch
{
    ["run", .. var rest] => RunCommand.Run(rest),
    ["peer", .. var rest] => await PeerCommand.RunAsync(rest),
    ["micro", .. var rest] => MicroCommand.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: Channels.Benchmarks run [options] | peer NAME PORT | micro [BenchmarkDotNet options]");
    return 2;
}
