using Microsoft.Extensions.Options;

namespace Channels;

/// <summary>Checks <see cref="JobQueueOptions"/> when the host starts.</summary>
internal sealed class JobQueueOptionsValidator : IValidateOptions<JobQueueOptions>
{
    public ValidateOptionsResult Validate(string? name, JobQueueOptions options)
    {
        if (options.Capacity < 1)
        {
            return ValidateOptionsResult.Fail("Channels:Jobs:Capacity must be at least 1.");
        }

        return options.VisibilityTime >= TimeSpan.FromSeconds(1) && options.VisibilityTime <= TimeSpan.FromDays(1)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail("Channels:Jobs:VisibilityTime must be from one second to one day.");
    }
}
