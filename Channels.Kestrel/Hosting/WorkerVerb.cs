using System.CommandLine;
using System.Globalization;

namespace Channels.Kestrel;

/// <summary>Reads the named channels until the process is told to stop, without serving requests.</summary>
internal sealed class WorkerVerb : HostVerb
{
    public override string Name => "worker";

    public override string Summary => "read channels and handle their messages until the process is told to stop";

    internal override bool LogsToError => false;

    public override void Configure(ChannelsHostBuilder builder, IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(arguments);
        var concurrency = 0;
        if (builder.Configuration["concurrency"] is { } text && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out concurrency) && concurrency >= 1))
        {
            throw new ArgumentException($"--concurrency is '{HeaderText.Escape(text)}': give a whole number of at least 1.");
        }

        foreach (var channel in arguments)
        {
            builder.Services.AddChannelWorker(channel, configure: options => options.Concurrency = concurrency > 0 ? concurrency : options.Concurrency);
        }
    }

    internal override void Describe(Command command)
    {
        command.Add(new Argument<string[]>("NAME") { Arity = ArgumentArity.OneOrMore, Description = "the channels to read" });
        command.Add(new Option<string>("--concurrency") { HelpName = "N", Description = "how many messages of each channel are handled at a time" });
    }

    public override Task<int> RunAsync(HostVerbContext context, CancellationToken cancellationToken) =>
        HostRun.UntilStoppedAsync(context, "worker", cancellationToken);
}
