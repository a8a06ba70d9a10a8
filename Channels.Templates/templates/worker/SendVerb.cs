using Channels;
using Channels.Kestrel;
using Microsoft.Extensions.DependencyInjection;

namespace JobWorker._1;

/// <summary><c>dotnet run -- send NAME</c> puts a job into the queue, as any other program with the queue would.</summary>
public sealed class SendVerb : HostVerb
{
    public override string Name => "send";

    public override string Summary => "put a job into the queue";

    public override string Arguments => "NAME";

    public override async Task<int> RunAsync(HostVerbContext context, CancellationToken cancellationToken)
    {
        if (context.Arguments is not [var name])
        {
            await context.Error.WriteLineAsync("Say whom to greet: send NAME");
            return 2;
        }

        var jobs = context.Host.Services.GetRequiredService<IJobQueue>();
        await jobs.SendAsync(Greet.Channel, new Greet(name), cancellationToken);
        return 0;
    }
}
